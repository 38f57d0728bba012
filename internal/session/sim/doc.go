// Package sim plays the life of sessions against everything that can go wrong,
// thousands of times and always the same way for the same seed. Its tests run
// the real use cases over memstore and a model of S3, in virtual time.
//
// Read world_test.go for how time and chance work, faults_test.go for what
// goes wrong, s3_test.go for what S3 is taken to be, recorder_test.go for the
// honest client, and witness_test.go for what must hold whatever happens.
package sim
